"""Ordinary words, English and Spanish; among them those that are names as well, which need more around them.

Source: written for this; no list of others.
"""

from __future__ import annotations

from typing import Final

COMMON: Final = """
able above accept access according account across act action active activity actual add added additional address adult
advance advice afraid after afternoon again against age agency agent ago agree air album allow almost alone along
already although always amazing among amount ancient angel angle anger animal annual another answer anyone anything
anyway anywhere apart apartment apple apply april archive area argue arm army around arrive arrived article artist
aside ask attach attack attempt attend august autumn available average away baby back bad bag ball band bank bar barn
base basic basis basket bay beach bear beat beautiful because become bed bee been before began begin behind believe
bell belong below bench berry beside best better between beyond big bill bird birds birth bishop bit bite black blade
blank block blood blow blue board boat body bold bone book boom boot border borrow both bottle bottom bow bowl box boy
branch brand brave bread break bridge brief bright bring broad broke broken brook brother brown brush budget build
building built bun burn bus bush business busy butcher butler button buy cable call calm camp campus cancel candle
cane cap capital captain car card care careful carpenter carry case cash castle cat catch cause cave celebrate cell
center central century certain chain chair chance change chapel charge charity chart chase chat cheap check chest
chief child children choice choose christian church circle citizen city claim clay clean clear clerk climate clock
close closed cloth clothes cloud coach coal coast coat code coffee cold collect collection college color column come
comfort coming comment commerce common community company compare compared complete computer concern condition confirm
connect connection consider contact contain content continue control cook cooking cool copper copy corner correct cost
cotton council count country county couple course court cousin cover crane craft cream create creek crew cross crowd
crown culture cup current customer cut cycle dad daily damage dance dark data database date dated dawn day days dead
deal death debt decade december decide decided deep degree delay deliver delivery demand denied depart department desk
detail device diet difference different difficult digital dinner direct director discover discuss district divorce
doctor document dog dollar done door double doubt down download downloading draft draw dream dress drink drive drop
drug dry due during dust duty each earl early earn earth ease east easy eat edge edit education effect effort eight
election electronic else email empty end ended ending energy engine english enjoy enough enter entire entry equal
error escape essay establish even evening event ever everyone everything exact exam example except exercise expect
expired explain extra eye face fact fair faith fall family famous far farm farmer fast father favorite fear february
fee feed feel fell felt female fence fern few fiction field fifty fight figure file fill film final finch find fine
fines finger finish fire firm first fish fisher five fix flag flat floor flower fly folk follow following food foot
ford foreign forest forever forget form format former fort forum forward foster found four fox frame free freeman
french fresh friday friend front frost fruit full fun funny further future gain gallery game garden gardener gardening
gas gate gates gave gay gem general gentle get getting gift girl give given glad glass goal going gold golden gone
good got government grace grade graduate grand grandmother grant grass grave gray great green greene grey grief ground
group grow guard guess guide gun hair half hall hand handle happen happy harbor hard hardy harp hart harvest hat hate
hay hazel head health hear heard heart heat heath heaven heavy hello help her herb here hero hide high hill hire
historian history hit holiday holly holy home homebound honest honor hood hook hope horse hospital hot hotel hour
hours house huge human hundred hunger hunt hunter husband ice idea imagine impact important include index industry
info inside instead interest interested interlibrary internet interview into introduction invite iris iron island
issue ivy january jay job join journal journey joy judge july jump june junior just keen keep kept key kid kind king
kitchen knew knife knight know known knot lab label lace lady lake lamb land lane language laptop large last late
later laugh law lawn lay lead leaf learn least leave lecture left leg legal lend less lesson let letter level liberty
library license life light like lily line link list listen literature little live living load local lock log logged
lone long look looking lord lose lost lot love loved low luck lunch machine made mail main major make male mall man
manage manager many map march marine mark market marriage marry marsh mass master match material matter maybe mayor
meal mean means measure meat media medicine meet meeting member memory men mention mercy mere message metal method
middle midnight might mile miles military milk mill miller million mind mine minor minute miss missing mistake mobile
model modern moment monday money month months moon moore more morning most mother mount mountain mouse mouth move
moved movie much museum music must myself name named narrow nation national nature near nearly neck need needs network
never new newer news newspaper next nice night nine noble noise none noon normal north nose note nothing notice
november now nurse oak obituary object october odd off offer office officer often oil old olive once one online only
onto open opened opening option orange order original other others ought out outside over owe own owner owns pack page
paid pain paint painter pair palm paper parent park part particular partner party pass past patience patron pay peace
pearl pen penny people pepper perfect perhaps period permission permit person phone photo phrase piano pick picked
picture piece pierce pike pilot pin pine pink pipe place plan plant plate play player please plenty plus pocket point
police polish politics pond pool poor poppy popular porter position possible post potter pound power practice pray
preferably prefer present president press pretty price priest prince print printed printer printout private prize
probably problem process produce product professor program project promise proof proper property protect prove provide
proxy public pull purple purpose push put quality queen question questions quick quickly quiet quite race radio rain
raise ran random range rare rate rather raven ray reach read reader ready real really reason receipt receive received
recent record red reed reference refund regarding regular relate release remember remind remove renew rent repair
repeat replace reply report request require research reserve reset rest result retire return returned returning review
rice rich ride right ring rise river road rock roman roof room root rope rose round row royal rule run running rush
sad safe sage said sail sale salt same sanction sand saturday save saw say scale scan scanner scanning scans school
science screen sea search season seat second secret section security see seed seek seem seen select sell send senior
sense sent september serials series serious serve service set seven several shade shadow share sharp she shelf shelved
shell shepherd sheriff shield ship shirt shoe shop shore short shot should shoulder show shut sick side sign silence
silent silk silver similar simple since sing singer single sister sit site six size skill skin skinner skip sky sleep
slow small smart smile smoke snow social society soft soil sold soldier solid some someone something sometimes son
song soon sorry sort soul sound source south space spanish spark speak special speech spell spend spoke sport spot
spring square stack stacks staff stage stamp stand standard star stars start started starts state statement station
stay steady steal steel step stern stick still stock stolen stone stop store storm story straight strange stream
street strike strong student study stuff style subject such sudden suggest summer sun sunday supply support sure
surprise survey swan sweet swift swim system table tailor take taken talk tall tape task tax teach teacher team tech
technical teen tell temple ten term test textbook than thank thanks theater theme theory thing things think third
thirty thought thousand three through thursday ticket tide tie tiger tight till timber time times tiny title today
together told tomorrow ton tonight too took tool top topic total touch tour toward tower town track trade trail train
training travel tree trial trick trip trouble truck true trust truth try trying tuesday turn twelve twenty twice twist
two type under understand understanding union unit university until upon urgent use used useful user using usual vale
valley value van various verification very video view village violet visit visitor voice volume volunteer vote wait
waiting waived walk wall wallet want war ward warm wash watch water waters wave way weaver weather web webb website
wednesday week weekend weeks weigh welcome well wells went west wheat wheel wheeler whether white whole whose wide
wife wild will willow win wind window wine wing winter wise wish witch within without wolf woman women won wonder wood
woods wool word words work worker world worry worth would wow write writer writers writing written wrong yard yeah
year years yellow yes yesterday yet york young yours youth yo zero account's anybody anymore author's book's everybody
gonna kinda lol omg pls plz thru til ur u ok okay idk btw hey ty thx abrir abuelo aceptar agua ahora aire alegre algo
alguien alguna alguno alto ambos amor amplio antes año años apenas aprender aquel aquí árbol archivo arte asunto aun
aunque ayer ayuda ayudar azul bajo banco barco bastante bien blanca blanco boca bosque bueno buena buenas buenos
buscar busco caballo cabeza cada calor cama camino campo cantar cara carta casa casi causa centro cerca cielo cien
cierto cinco ciudad claro cocina comida computadora común consulta contar copia corazón correo correr cosa cosas crear
creer cruz cuarto cuatro cuenta cuerpo curso dar datos deber decir dejar demás dentro derecho derecha día días diez
diferente difícil dinero dios dirección disculpe domingo dos durante edad ejemplo ella ellos empezar encontrar enfermo
entonces entrada entrar entre enviar época escritor escribir escuela espacio español esperar espíritus estado estudia
estudio evento examen falta familia favor fecha feliz fiesta fin flor flores forma foto fuego fuente fuera fuerte
fuerza ganar gato gente gran grande gris grupo guerra gusta gustar hablar hacer hacia hambre hecho hermoso hijo
historia hoja hombre hora horario horas hoy huerta iglesia igual importante infantil informe inglés invierno izquierda
jardín joven jueves jugar julio lado largo lectura león lejos lengua lenguas lentes libre lima lista llave llegar
llega llegó lleno llevar lluvia luego lugar luna lunes luz maestro mal malo mañana mano mar martes médico medio mejor
memoria menos mercado mes mesa mesas miércoles mil minuto mismo misma modo momento montaña mucho mucha muerte mujer
multa multas mundo música nada nadie necesito necesita negro niña niño noche nombre noticia nueva nuevo nunca obtener
ocho olvidar ojo orden oro otra otro país palabra pan papel par parque parte pasado pasar paz pedido pedir pequeño
pequeña perder perdí perdido perro persona piedra plaza playa pobre poco poder prado precio pregunta preguntar
prestado prima primavera primero primera problema pronto propio próximo pueblo puede puedo puerta puerto punto quedar
querer quisiera quiero rato razón recibir recoger recogerlo reina renovar reservar responder reto rey reyes rico río
ríos rojo romero ropa rosa rosario rubio saber sábado sala salir salud salas sangre santo santos seguir seis semana
señal ser siempre siete siglo silencio sistema sol solo soledad sombra sueño suerte tal tampoco tarde tardes tarea
tarjeta té tema temprano tener tengo terminar tiempo tienda tiene tienen tierra todo toda todos tomar torre torres
trabajar trabajo traer tren tres triste último última único usar usuario valle varios vega vela vender venir ver
verano verdad verde vez viaje vida viejo viento viernes vino volver voz zapato carné perdone atención página devuelvan
devolver publicados publicado escribe escriba número pedí llamada chocolate
"""
